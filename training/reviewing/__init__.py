"""The labelling loop: labelled rows -> a queue worth a person's look -> answers -> training data, agreement."""
