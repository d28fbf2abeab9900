"""Benchmark: questions with a right answer. How many does a model get right, and how sure is it?"""
