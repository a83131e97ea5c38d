/** Plots by Vega-Lite, as SVG, without a browser. */
import * as vega from "vega"
import { compile, type Config, type TopLevelSpec } from "vega-lite"

const look: Config = {
  background: "white",
  font: "sans-serif",
  axis: { labelFontSize: 12, titleFontSize: 12, labelLimit: 800, gridColor: "#e5e7eb" },
  legend: { labelFontSize: 12, labelLimit: 800, titleFontSize: 12, orient: "top" },
  title: { fontSize: 15, anchor: "start", subtitleFontSize: 12, subtitleColor: "#4b5563" },
  range: { category: ["#1d4ed8", "#d97706", "#059669", "#7c3aed"] },
}

export type Spec = TopLevelSpec

export const svg = async (spec: Spec): Promise<string> => {
  const view = new vega.View(vega.parse(compile(spec, { config: look }).spec), { renderer: "none" })
  const text = await view.toSVG()
  view.finalize()
  return `${text}\n`
}
