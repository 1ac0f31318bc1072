"""RMBG-1.4: the network, the transformers classes, its runtimes (torch, OpenVINO), precision."""
