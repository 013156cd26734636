"""The stages of a run, one a file: what each reads, makes, measures and depends on.

No stage imports another, so that each depends on no more than it calls.
"""
