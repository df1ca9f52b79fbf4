"""Outbox and log of every mail the application sends."""
