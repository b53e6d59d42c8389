"""What websites, scripts and the page read: slates and predictions in the relational database, and who answers from there."""
