"""What the experiments on MusAE share: recipes, measures, pictures."""
