import hooks from "eslint-plugin-react-hooks"
import tseslint from "typescript-eslint"

const no = (group, message) => ({ patterns: [{ group, message }] })

export default tseslint.config(
  { ignores: ["dist", "public", "node_modules", "src/contract.ts"] },
  ...tseslint.configs.recommended,
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      "max-lines": ["error", { max: 400 }],
      // A feature adds to the catalogue's type by extending it (shared/i18n).
      "@typescript-eslint/no-empty-object-type": ["error", { allowInterfaces: "with-single-extends" }],
      // The compiler's hints below refuse patterns that are needed where React meets a scroll position or a virtual list.
      "react-hooks/incompatible-library": "off",
      "react-hooks/refs": "off",
      "react-hooks/preserve-manual-memoization": "off",
      "react-hooks/set-state-in-effect": "off",
    },
  },
  // The floors: app → features → shared, and a feature sees another one only through its index.
  {
    files: ["src/shared/**"],
    rules: { "no-restricted-imports": ["error", no(["@/app/*", "@/features/*"], "shared knows no feature.")] },
  },
  {
    files: ["src/features/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        no(["@/app/*", "@/features/*/*"], "A feature imports shared and the index of another feature."),
      ],
    },
  },
)
