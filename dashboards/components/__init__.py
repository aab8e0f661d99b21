"""Small builders of page parts, without callbacks."""
