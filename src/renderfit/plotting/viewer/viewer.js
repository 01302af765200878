"use strict";
// A small WebGL scene viewer: turn, zoom, choose objects, slide through time or along latent axes.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const canvas = document.getElementById("view");
  const controls = document.getElementById("controls");
  const caption = document.getElementById("caption");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  // --- colours follow the page around the scene, else the system ------------------------------------------------
  const dark = () => {
    try { return parent !== window && parent.document.documentElement.dataset.theme === "dark"; }
    catch { return matchMedia("(prefers-color-scheme: dark)").matches; }
  };
  const theme = () => { document.documentElement.classList.toggle("dark", dark()); redraw(); };
  try {
    if (parent !== window) new MutationObserver(theme).observe(parent.document.documentElement, { attributeFilter: ["data-theme"] });
  } catch { matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme); }

  const gl = canvas.getContext("webgl", { alpha: true, antialias: true, premultipliedAlpha: true });
  if (!gl) {
    document.getElementById("stage").hidden = true;
    document.getElementById("failure").hidden = false;
    document.body.dataset.state = "no-webgl";
    return;
  }
  gl.getExtension("OES_element_index_uint");

  // --- geometry ---------------------------------------------------------------------------------------------------
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const unpack = (text) => Float32Array.from(new Uint16Array(bytes(text)), (q, i) => data.low[i % 3] + (q / 65535) * data.span);
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const buffer = (kind, array, use = gl.STATIC_DRAW) => {
    const made = gl.createBuffer();
    gl.bindBuffer(kind, made);
    gl.bufferData(kind, array, use);
    return made;
  };
  function normals(points, faces) {
    const sum = new Float32Array(points.length);
    for (let f = 0; f < faces.length; f += 3) {
      const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]];
      const u = [0, 1, 2].map((k) => points[b + k] - points[a + k]);
      const v = [0, 1, 2].map((k) => points[c + k] - points[a + k]);
      const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      for (const at of [a, b, c]) for (let k = 0; k < 3; k++) sum[at + k] += n[k];
    }
    for (let i = 0; i < sum.length; i += 3) {
      const length = Math.hypot(sum[i], sum[i + 1], sum[i + 2]) || 1;
      for (let k = 0; k < 3; k++) sum[i + k] /= length;
    }
    return sum;
  }
  const edges = (faces) => {
    const found = new Set();
    for (let f = 0; f < faces.length; f += 3)
      for (let k = 0; k < 3; k++) {
        const [a, b] = [faces[f + k], faces[f + ((k + 1) % 3)]];
        found.add(a < b ? a * 4294967296 + b : b * 4294967296 + a);
      }
    return Uint32Array.from([...found].flatMap((key) => [Math.floor(key / 4294967296), key % 4294967296]));
  };
  const objects = data.objects.map((entry) => {
    const object = { ...entry, rest: unpack(entry.points), tint: rgb(entry.color) };
    if (entry.frames) object.frames = entry.frames.map(unpack);
    if (entry.basis) object.basis = entry.basis.map((d) => Float32Array.from(new Int16Array(bytes(d)), (q) => (q / 32767) * entry.scale));
    if (entry.colors) object.paint = buffer(gl.ARRAY_BUFFER, new Uint8Array(bytes(entry.colors)));
    if (entry.faces) {
      object.faces = entry.wide ? new Uint32Array(bytes(entry.faces)) : new Uint16Array(bytes(entry.faces));
      object.wide = entry.wide || entry.kind === "wire";
      const indices = entry.kind === "wire" ? edges(object.faces) : object.faces;
      object.indices = buffer(gl.ELEMENT_ARRAY_BUFFER, indices);
      object.length = indices.length;
    }
    object.position = gl.createBuffer();
    object.normal = gl.createBuffer();
    place(object, object.frames ? object.frames[object.frames.length - 1] : object.rest);
    return object;
  });
  function place(object, points) {
    gl.bindBuffer(gl.ARRAY_BUFFER, object.position);
    gl.bufferData(gl.ARRAY_BUFFER, points, gl.DYNAMIC_DRAW);
    if (object.kind !== "mesh") return;
    gl.bindBuffer(gl.ARRAY_BUFFER, object.normal);
    gl.bufferData(gl.ARRAY_BUFFER, normals(points, object.faces), gl.DYNAMIC_DRAW);
  }

  // --- ground grid: lines every 5 cm below the lowest point ---------------------------------------------------------
  const upright = data.up === "z";
  const centre = [0, 1, 2].map((k) => (data.low[k] + data.high[k]) / 2);
  const grid = (() => {
    if (!upright) return null;
    const step = 0.05, half = step * Math.ceil((0.75 * data.span) / step), at = data.low[2] - 0.002 * data.span;
    const [x, y] = [Math.round(centre[0] / step) * step, Math.round(centre[1] / step) * step];
    const ends = [];
    if (half / step > 40) return null;
    for (let d = -half; d <= half + 1e-9; d += step) ends.push(x - half, y + d, at, x + half, y + d, at, x + d, y - half, at, x + d, y + half, at);
    return { position: buffer(gl.ARRAY_BUFFER, new Float32Array(ends)), count: ends.length / 3 };
  })();

  // --- shaders ------------------------------------------------------------------------------------------------------
  const program = (() => {
    const vertex = `attribute vec3 position, normal, paint; uniform mat4 view, projection; uniform float size, painted; uniform vec3 tint;
      varying vec3 n, p, colour;
      void main() { vec4 q = view * vec4(position, 1.0); p = q.xyz; n = mat3(view) * normal; colour = mix(tint, paint, painted);
        gl_Position = projection * q; gl_PointSize = size; }`;
    const fragment = `precision mediump float; varying vec3 n, p, colour; uniform float opacity, lit, dots;
      void main() { if (dots > 0.5 && length(gl_PointCoord - 0.5) > 0.5) discard; vec3 m = normalize(n + 1e-6); vec3 eye = normalize(-p); if (dot(m, eye) < 0.0) m = -m;
        float key = max(dot(m, normalize(vec3(-0.45, 0.75, 0.6))), 0.0), fill = max(dot(m, eye), 0.0);
        float shine = pow(max(dot(m, normalize(vec3(-0.45, 0.75, 0.6) + eye)), 0.0), 40.0);
        vec3 shaded = colour * (0.42 + 0.42 * key + 0.32 * fill) + 0.16 * shine;
        vec3 c = mix(colour, shaded, lit); gl_FragColor = vec4(c * opacity, opacity); }`;
    const made = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    gl.useProgram(made);
    return made;
  })();
  const at = Object.fromEntries(["view", "projection", "size", "painted", "tint", "opacity", "lit", "dots"].map((n) => [n, gl.getUniformLocation(program, n)]));
  const slot = Object.fromEntries(["position", "normal", "paint"].map((n) => [n, gl.getAttribLocation(program, n)]));

  // --- the eye ------------------------------------------------------------------------------------------------------
  const start = { yaw: 0.65, pitch: 0.32, distance: 1.55 * Math.hypot(...[0, 1, 2].map((k) => data.high[k] - data.low[k])) || 1, pan: [0, 0] };
  const eye = { ...start };
  function matrices() {
    const [cy, sy, cp, sp] = [Math.cos(eye.yaw), Math.sin(eye.yaw), Math.cos(eye.pitch), Math.sin(eye.pitch)];
    const rows = upright
      ? [[cy, sy, 0], [sp * -sy, sp * cy, cp], [cp * sy, cp * -cy, sp]]
      : [[cy, 0, sy], [sp * sy, -cp, -sp * cy], [cp * sy, sp, -cp * cy]];
    const t = rows.map((row, k) => -row.reduce((sum, value, i) => sum + value * centre[i], 0) + (k < 2 ? eye.pan[k] : -eye.distance));
    const view = [0, 1, 2].flatMap((c) => [rows[0][c], rows[1][c], rows[2][c], 0]).concat([...t, 1]);
    const near = eye.distance * 0.02, far = eye.distance * 10, f = 1 / Math.tan(0.35), aspect = canvas.width / canvas.height;
    const projection = [f / Math.max(aspect, 0.01) * Math.min(1, aspect) , 0, 0, 0, 0, f * Math.min(1, aspect), 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, (2 * far * near) / (near - far), 0];
    return [view, projection];
  }

  // --- drawing, only when something changed -----------------------------------------------------------------------
  let waiting = false;
  function redraw() {
    if (!waiting) { waiting = true; requestAnimationFrame(draw); }
  }
  function bind(name, made, kind = gl.FLOAT, normalised = false) {
    if (!made) { gl.disableVertexAttribArray(slot[name]); gl.vertexAttrib3f(slot[name], 0, 0, 1); return; }
    gl.bindBuffer(gl.ARRAY_BUFFER, made);
    gl.enableVertexAttribArray(slot[name]);
    gl.vertexAttribPointer(slot[name], 3, kind, normalised, 0, 0);
  }
  function drawObject(object) {
    bind("position", object.position);
    bind("normal", object.kind === "mesh" ? object.normal : null);
    bind("paint", object.paint, gl.UNSIGNED_BYTE, true);
    gl.uniform3fv(at.tint, object.tint);
    gl.uniform1f(at.painted, object.paint ? 1 : 0);
    gl.uniform1f(at.lit, object.kind === "mesh" ? 1 : 0);
    gl.uniform1f(at.dots, object.kind === "points" ? 1 : 0);
    gl.uniform1f(at.size, (object.size || 3) * (devicePixelRatio || 1));
    gl.uniform1f(at.opacity, object.opacity ?? 1);
    if (object.kind === "points") return gl.drawArrays(gl.POINTS, 0, object.count);
    if (object.kind === "lines") return gl.drawArrays(gl.LINES, 0, object.count);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, object.indices);
    gl.drawElements(object.kind === "wire" ? gl.LINES : gl.TRIANGLES, object.length, object.wide ? gl.UNSIGNED_INT : gl.UNSIGNED_SHORT, 0);
  }
  function draw() {
    waiting = false;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (!w || !h) return;
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    gl.viewport(0, 0, w, h);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const [view, projection] = matrices();
    gl.uniformMatrix4fv(at.view, false, view);
    gl.uniformMatrix4fv(at.projection, false, projection);
    if (grid) {
      const ink = dark() ? "#8f9aa8" : "#7a8696";
      drawObject({ kind: "lines", position: grid.position, count: grid.count, tint: rgb(ink), opacity: 0.32 });
    }
    const shown = objects.filter((object) => object.visible);
    shown.filter((object) => (object.opacity ?? 1) >= 1).forEach(drawObject);
    for (const object of shown.filter((other) => (other.opacity ?? 1) < 1)) {
      gl.colorMask(false, false, false, false); // depth first: only the nearest layer of a ghost is seen
      drawObject(object);
      gl.colorMask(true, true, true, true);
      drawObject(object);
    }
    document.body.dataset.state = "drawn";
    document.body.dataset.draws = String(Number(document.body.dataset.draws || 0) + 1);
  }

  // --- turning and zooming ----------------------------------------------------------------------------------------
  const turn = (dx, dy) => { eye.yaw += dx; eye.pitch = Math.max(-1.5, Math.min(1.5, eye.pitch + dy)); redraw(); };
  const zoom = (factor) => { eye.distance = Math.max(start.distance * 0.15, Math.min(start.distance * 4, eye.distance * factor)); redraw(); };
  const fingers = new Map();
  canvas.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); canvas.setPointerCapture(event.pointerId); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
      const gap = (finger) => Math.hypot(finger.clientX - other.clientX, finger.clientY - other.clientY) || 1;
      zoom(gap(before) / gap(event));
    } else if (event.shiftKey || event.buttons === 2) {
      const step = (eye.distance * 0.73) / canvas.clientHeight;
      eye.pan = [eye.pan[0] + dx * step, eye.pan[1] - dy * step];
      redraw();
    } else turn(-dx * 0.008, dy * 0.008);
    fingers.set(event.pointerId, event);
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== canvas) return; // the page scrolls unless the scene was chosen
    event.preventDefault();
    zoom(Math.exp(event.deltaY * 0.0012));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const actions = {
      ArrowLeft: () => turn(0.1, 0), ArrowRight: () => turn(-0.1, 0), ArrowUp: () => turn(0, 0.1), ArrowDown: () => turn(0, -0.1),
      "+": () => zoom(0.9), "=": () => zoom(0.9), "-": () => zoom(1.1), r: () => { Object.assign(eye, start, { pan: [0, 0] }); redraw(); },
      " ": () => play && play.click(),
    };
    const action = actions[event.key] || actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  new ResizeObserver(redraw).observe(canvas);

  // --- controls -----------------------------------------------------------------------------------------------------
  const make = (tag, set = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), set);
    made.append(...children);
    return made;
  };
  let play = null;
  const groups = [...new Set(objects.map((object) => object.group).filter(Boolean))];
  const choose = (group) => {
    objects.filter((object) => object.group).forEach((object) => { object.visible = object.group === group; });
    controls.querySelectorAll("button[data-group]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.group === group)));
    redraw();
  };
  for (const group of groups) {
    const button = make("button", { type: "button", textContent: group, onclick: () => choose(group) });
    button.dataset.group = group;
    controls.append(button);
  }
  const single = objects.filter((object) => !object.group);
  if (single.length > 1)
    for (const object of single) {
      const box = make("input", { type: "checkbox", checked: object.visible, onchange: () => { object.visible = box.checked; redraw(); } });
      const swatch = make("span", { className: "swatch" });
      swatch.style.background = object.color;
      controls.append(make("label", {}, box, swatch, object.name));
    }
  if (groups.length) choose(groups[0]);

  const count = Math.max(0, ...objects.map((object) => (object.frames ? object.frames.length : 0)));
  if (count > 1) {
    const range = make("input", { type: "range", min: 0, max: count - 1, value: count - 1, step: 1, id: "time" });
    const show = () => {
      for (const object of objects) if (object.frames) place(object, object.frames[Math.min(range.value, object.frames.length - 1)]);
      caption.textContent = data.captions?.[range.value] ?? `${data.slider || "step"} ${range.value}`;
      redraw();
    };
    let timer = 0;
    const stop = () => { clearInterval(timer); timer = 0; play.textContent = "play"; };
    play = make("button", { type: "button", textContent: "play", onclick: () => {
      if (timer) return stop();
      if (Number(range.value) === count - 1) range.value = 0;
      play.textContent = "stop";
      timer = setInterval(() => { range.value = Number(range.value) + 1; show(); if (Number(range.value) === count - 1) stop(); }, still ? 600 : 140);
    } });
    range.oninput = () => { if (timer) stop(); show(); };
    controls.append(make("label", { className: "wide" }, play, data.slider || "step", range));
    show();
  }
  const width = Math.max(0, ...objects.map((object) => (object.basis ? object.basis.length : 0)));
  if (width) {
    const ranges = [];
    const show = () => {
      const z = ranges.map((range) => Number(range.value));
      for (const object of objects.filter((other) => other.basis)) {
        const points = Float32Array.from(object.rest);
        object.basis.forEach((direction, k) => { for (let i = 0; i < points.length; i++) points[i] += z[k] * direction[i]; });
        place(object, points);
      }
      caption.textContent = "z = (" + z.map((value) => value.toFixed(1)).join(", ") + ")";
      redraw();
    };
    for (let k = 0; k < width; k++) {
      const limit = data.limit || 2.5;
      ranges.push(make("input", { type: "range", min: -limit, max: limit, step: 0.05, value: 0, className: "latent", oninput: show }));
      controls.append(make("label", {}, data.latent?.[k] ?? `z${k + 1}`, ranges[k]));
    }
    controls.append(make("button", { type: "button", textContent: "mean shape", onclick: () => { ranges.forEach((r) => { r.value = 0; }); show(); } }));
    controls.append(make("button", { type: "button", textContent: "random", onclick: () => {
      ranges.forEach((r) => { r.value = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()); });
      show();
    } }));
    show();
  }
  theme();
})();
