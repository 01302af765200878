#version 430
flat in uvec4 ids;
in vec3 weights;   // interpolated perspective-correctly by OpenGL
layout(location = 0) out uvec4 vertex_ids;
layout(location = 1) out vec4 barycentrics;

void main() {
    vertex_ids = ids;
    barycentrics = vec4(weights, 1.0);
}
