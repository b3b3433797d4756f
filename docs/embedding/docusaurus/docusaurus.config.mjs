// A StatefulSet in Docusaurus: the built site lies in static/ordinal.
export default {
  title: "A StatefulSet in Docusaurus",
  url: "http://127.0.0.1",
  baseUrl: "/docs/",
  favicon: "ordinal/icon-192.png",
  scripts: [{ src: "/docs/ordinal/ordinal-player.js", defer: true }],
  presets: [["classic", { docs: { routeBasePath: "/", sidebarPath: false }, blog: false }]],
};
