"""The rmbg engine guided by people: a finder says where people are, and the network looks closely there."""
