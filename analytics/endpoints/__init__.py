"""What happened to a patient: progression, survival, response, each with its reason and source row."""
