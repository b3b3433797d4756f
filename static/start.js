// Starts the page. It is a file of its own because the Content-Security-Policy allows no inline script;
// the names of the built files, which change with their content, stand in <meta name="ordinal-app">.
const [js, wasm] = document.querySelector('meta[name="ordinal-app"]').content.split(" ");
try {
  const glue = await import(`./${js}`);
  await glue.default({ module_or_path: new URL(wasm, import.meta.url) });
} catch (error) {
  const message = document.createElement("p");
  message.setAttribute("role", "alert");
  message.textContent = `Ordinal could not start: ${error}`;
  document.getElementById("app").append(message);
  throw error;
}
