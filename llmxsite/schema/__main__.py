from llmxsite.schema import write

write()
