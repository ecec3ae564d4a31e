/**
 * Puts a diagram between `<!-- diagram NAME -->` and `<!-- /diagram -->` of a Markdown text, in place of what was there.
 * Throws where a text has no such place.
 */
export function withDiagram(markdown: string, name: string, diagram: string): string {
  const begin = `<!-- diagram ${name} -->`;
  const end = '<!-- /diagram -->';
  const from = markdown.indexOf(begin) + begin.length;
  const to = markdown.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`there is no ${begin} … ${end}`);
  return `${markdown.slice(0, from)}\n\n\`\`\`mermaid\n${diagram}\`\`\`\n\n${markdown.slice(to)}`;
}
