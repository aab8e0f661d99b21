"""What a value means in a patient's time: lines of therapy, baseline, fold-ULN, change, nadir."""
