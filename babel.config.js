// How this repository's own tests are compiled: TypeScript, and the plugin that this package ships.
// The plugin comes from dist/, which `npm test` builds first.
module.exports = {
  presets: [
    ["@babel/preset-env", { targets: { node: "current" } }],
    ["@babel/preset-typescript", { allowDeclareFields: true }],
  ],
  plugins: [require.resolve("./dist/babel-plugin/index.js")],
};
