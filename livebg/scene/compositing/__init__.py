"""The composite: alpha over background, foreground colours, relighting."""
