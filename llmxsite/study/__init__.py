"""What people write: questions, designs, and the folder they stand in."""
