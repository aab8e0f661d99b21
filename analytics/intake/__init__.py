"""Outside files become our tables here, cell by cell, with a finding for whatever is not used."""
