"""The frame processor on a GPU: uploads the picture once and downloads the composite once. Between the network and the
guided filter, only the small alpha goes down to the chain's steps on the host and up again. Main thread.
"""
