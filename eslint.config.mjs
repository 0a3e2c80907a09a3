import tseslint from "typescript-eslint";

export default tseslint.config(
  {
    ignores: [
      "dist",
      "node_modules",
      "test/babel-plugin/fixtures",
      "test/toolchain/**/node_modules",
      "test/**/app/**",
    ],
  },
  ...tseslint.configs.recommended,
  {
    rules: {
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 80 }],
      "no-restricted-syntax": [
        "error",
        { selector: "TSAsExpression > TSAnyKeyword", message: "No `any`: say what it is." },
      ],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/ban-ts-comment": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      eqeqeq: "error",
    },
  },
  {
    // Rules that need types: a forgotten `await` is how a durable system loses things.
    files: [
      ...["lib/**/*.ts", "babel-plugin/**/*.ts", "cli/**/*.ts", "middleware/**/*.ts"],
      ...["embedded-world/**/*.ts", "redis-world/**/*.ts"],
    ],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    // CommonJS on purpose: tools load these files with require().
    files: ["*.config.js", "**/*.cjs"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    linterOptions: { reportUnusedDisableDirectives: "error", noInlineConfig: true },
  },
);
