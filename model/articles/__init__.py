"""From an article to its quotes: pairing marks, telling quotes, pointing at speaker and cue, naming the speaker."""
