// Draws the diagrams that are left to the browser (mermaid2 has loaded mermaid.js on such pages), in the page's colours.
const diagrams = [...document.querySelectorAll("div.mermaid")];
if (diagrams.length && window.mermaid) {
  const sources = diagrams.map((diagram) => diagram.textContent);
  const draw = async () => {
    const dark = document.body.dataset.mdColorScheme === "slate";
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      look: "classic", // as the engine draws the others
      theme: dark ? "dark" : "default",
      fontFamily: "inherit",
      forceLegacyMathML: true, // the page's KaTeX fonts, the same in every browser
      flowchart: { useMaxWidth: false, padding: 6, rankSpacing: 36 },
    });
    diagrams.forEach((diagram, i) => {
      diagram.removeAttribute("data-processed");
      diagram.textContent = sources[i];
    });
    await mermaid.run({ nodes: diagrams });
  };
  let drawing = draw();
  new MutationObserver(() => { drawing = drawing.finally(draw); })
    .observe(document.body, { attributes: true, attributeFilter: ["data-md-color-scheme"] });
}
