"use strict";
document.documentElement.classList.add("js");
const stage = document.querySelector(".layers");
const slider = document.querySelector(".slider");
const compare = document.getElementById("view-compare");
if (stage && slider && compare) {
  const cut = (share) => {
    const value = Math.min(100, Math.max(0, share));
    stage.style.setProperty("--cut", value + "%");
    slider.value = value;
  };
  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    cut((100 * (event.clientX - box.left)) / box.width);
  };
  compare.checked = true;
  cut(Number(slider.value));
  slider.addEventListener("input", () => cut(Number(slider.value)));
  stage.addEventListener("pointerdown", (event) => {
    if (!compare.checked || event.button !== 0) return;
    event.preventDefault();
    slider.focus({ focusVisible: false });
    stage.setPointerCapture(event.pointerId);
    follow(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) follow(event);
  });
}
