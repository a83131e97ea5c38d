declare module "parse-prometheus-text-format" {
  /** What the text holds, by family. */
  export default function parse(text: string): unknown
}
