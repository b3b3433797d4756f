import React from "react";

// The text of a fence: what Docusaurus makes of it is some elements around a string.
const textOf = (node) => {
  if (typeof node === "string") return node;
  return React.Children.toArray(node?.props ? node.props.children : node).map(textOf).join("");
};

// Draws the fence inside as a player: its text is the manifest. On the server, too, where the element is one that nobody knows
// yet; the text is set as HTML so that React leaves it alone.
export default function Ordinal({ children, ...attributes }) {
  const text = React.Children.toArray(children).map(textOf).join("").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return <ordinal-player {...attributes} dangerouslySetInnerHTML={{ __html: `<pre>${text}</pre>` }} />;
}
