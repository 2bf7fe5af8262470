// A signature drawn with finger, pen or mouse. Strokes are kept, so that one can be taken back; what
// is sent is a picture in the place of the file that one would choose without script.
(() => {
  "use strict";
  const form = document.querySelector("form[data-sign]");
  if (!form) return;
  const pad = form.querySelector(".pad");
  const canvas = pad.querySelector("canvas");
  const context = canvas.getContext("2d");
  const picture = form.querySelector("[name=picture]");
  let strokes = [];
  let undone = [];
  let current = null;
  pad.hidden = false;

  const draw = () => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#000";
    for (const stroke of strokes) {
      for (let at = 1; at < stroke.length; at += 1) {
        const [from, to] = [stroke[at - 1], stroke[at]];
        context.lineWidth = to.width;
        context.beginPath();
        context.moveTo(from.x, from.y);
        context.lineTo(to.x, to.y);
        context.stroke();
      }
      if (stroke.length === 1) {
        context.beginPath();
        context.arc(stroke[0].x, stroke[0].y, stroke[0].width / 2, 0, 7);
        context.fill();
      }
    }
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) * canvas.width / box.width;
    const y = (event.clientY - box.top) * canvas.height / box.height;
    // A mouse always says a half.
    return { x, y, width: 5 + 7 * (event.pressure || 0.5) };
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = [point(event)];
    strokes.push(current);
    undone = [];
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) current.push(point(one));
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => { current = null; });
  }
  const press = (name, act) => pad.querySelector(name).addEventListener("click", () => { act(); draw(); });
  press("[data-undo]", () => { if (strokes.length) undone.push(strokes.pop()); });
  press("[data-redo]", () => { if (undone.length) strokes.push(undone.pop()); });
  press("[data-clear]", () => { strokes = []; undone = []; });

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (form.dataset.ready || !strokes.length || (button && button.name)) return;
    event.preventDefault();
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "签名.png", { type: "image/png" }));
      picture.files = files.files;
      form.dataset.ready = "1";
      form.requestSubmit();
    }, "image/png");
  });
})();
