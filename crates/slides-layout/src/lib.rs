//! Presentation to scene: inheritance, text, shapes, tables.
