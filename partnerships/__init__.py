"""With whom: partnerships, agreements, visits, projects, transfers in kind."""
