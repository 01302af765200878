#version 430
// Vertex pulling: no vertex attributes; corner k of face f is gl_VertexID 3 f + k.
layout(std430, binding = 0) readonly buffer Pixels { vec4 pixels[]; };   // homogeneous pixel rows (X, Y, W, z)
layout(std430, binding = 1) readonly buffer Faces { int faces[]; };
uniform vec2 size;         // image size [px]
uniform vec2 depth_range;  // nearest and farthest depth [m]
flat out uint face;

void main() {
    vec4 h = pixels[faces[gl_VertexID]];
    float near = depth_range.x, far = depth_range.y;
    // linear in 1 / z for a perspective camera (W = z), in z for an orthographic one (W = 1)
    float depth = h.z == h.w ? ((far + near) * h.w - 2.0 * far * near) / (far - near)
                             : (2.0 * h.w - far - near) / (far - near);
    face = uint(gl_VertexID / 3) + 1u;
    // image row 0 is row 0 of the texture: the only place where top and bottom meet
    gl_Position = vec4(2.0 * h.x / size.x - h.z, 2.0 * h.y / size.y - h.z, depth, h.z);
}
