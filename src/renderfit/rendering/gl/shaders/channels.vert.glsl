#version 430
layout(std430, binding = 0) readonly buffer Pixels { vec4 pixels[]; };
layout(std430, binding = 1) readonly buffer Faces { int faces[]; };
uniform vec2 size;
uniform vec2 depth_range;
out int vertex;

void main() {
    vertex = faces[gl_VertexID];
    vec4 h = pixels[vertex];
    float near = depth_range.x, far = depth_range.y;
    float depth = h.z == h.w ? ((far + near) * h.w - 2.0 * far * near) / (far - near)
                             : (2.0 * h.w - far - near) / (far - near);
    gl_Position = vec4(2.0 * h.x / size.x - h.z, 2.0 * h.y / size.y - h.z, depth, h.z);
}
