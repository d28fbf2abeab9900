"""Whether a model can say again what it said: a sentence is told, and asked for round after round, word for word.

A reply is right where it is the sentence. Where the experiment names an embedder, the last reply's vector is compared with the
sentence's; where it names a judge, that model is asked whether the two say the same.
"""
