"""The bundles that ship, and what they were chosen from: recipes, candidates, statistics."""
