"""What the page says, part by part: each module builds the frozen dataclass that one template gets.

Views hold display strings (through ``rundiff.format``) and small enums, never HTML: the templates
escape. The exceptions are ``Markup`` fields made by two audited producers: ``charts.svg`` and
``views.notes``.
"""
