"""Files in, files out: tables of any size are cut into shards, labelled shard by shard, and put together again."""
