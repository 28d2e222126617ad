"""The instructor's side: exercises derived from solutions, submissions judged on hidden seeds, a grade table."""
