"""Which runs are compared: the filter language, the order, and the choice by id or name."""
