"""Method arrange: the content's tune and chords under the style piece's figures, chosen bar by bar and moved to the content's harmony."""
