#version 430
// The paper's renderer: each triangle carries its three vertex indices and a barycentric per corner.
layout(triangles) in;
layout(triangle_strip, max_vertices = 3) out;
in int vertex[];
flat out uvec4 ids;
out vec3 weights;

void main() {
    for (int k = 0; k < 3; ++k) {
        gl_Position = gl_in[k].gl_Position;
        ids = uvec4(vertex[0] + 1, vertex[1] + 1, vertex[2] + 1, gl_PrimitiveIDIn + 1);
        weights = vec3(k == 0, k == 1, k == 2);
        EmitVertex();
    }
    EndPrimitive();
}
