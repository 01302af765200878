#version 430
flat in uint face;
layout(location = 0) out uint id;

void main() { id = face; }
