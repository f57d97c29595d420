"""What `common.graph` is made of.

| module | what is in it |
|---|---|
| `node` | `Node`: a graph is the node that it ends in |
| `recorded` | the graph behind a tensor, as nodes |
| `layout` | the columns and rows in which nodes and edges stand |
| `sketch` | where on paper all that is drawn and written stands |
"""
