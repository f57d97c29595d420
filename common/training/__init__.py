"""What the Trainer is made of.

| module | what is in it |
|---|---|
| `arguments` | what a fit is given, looked at before it begins |
| `adapters` | a model by hand, or one on the tape with its loss, as the Trainer uses them |
| `named` | what a training is made of, by name |
| `lists_by_hand` | what the lists of a model by hand may lack |
| `place` | where a fit stands between two steps |
| `shares`, `alike` | what several workers share in a step; that all train the same |
| `interrupt` | Ctrl-C between two steps |
| `report` | epochs and means, the progress bar |
| `lost_loss` | where a NaN came from |
| `snapshot` | a training in arrays, numbers and strings: what a file keeps of it |
| `description` | a training in words, which tell it from another |
| `record` | the form of a snapshot in a file, looked at before it is believed |
| `packing` | plain values as JSON and arrays |
| `generators` | the states that generators of NumPy may have |
| `refusal` | what is said of a file that no Checkpoint wrote |
"""
