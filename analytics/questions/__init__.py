"""What a person asks: a Question goes in, an Answer or a Refusal comes out."""
