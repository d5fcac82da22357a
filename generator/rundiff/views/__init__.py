"""What the page says, part by part: each module builds the frozen dataclass that one template gets.

Views hold display strings (through ``rundiff.format``) and small enums, never HTML: the templates
escape. The exceptions are ``Markup`` fields made by three audited producers: ``charts.svg``,
``views.notes`` and nothing else.
"""
