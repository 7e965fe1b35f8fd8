"""What a labelled file says, with how sure one may be of it: labelled rows -> figures -> pictures, page, CSV."""
