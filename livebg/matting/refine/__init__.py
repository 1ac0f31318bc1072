"""From the small alpha to the full-size one: unknown region, guided filter, local colour, user adjustments."""
