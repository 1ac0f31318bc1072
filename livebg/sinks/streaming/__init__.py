"""Live streams to a server: RTMP, RTSP, WHIP."""
