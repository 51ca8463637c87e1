export { LoginPage } from "./login-page"
export { getMe, meKey, setMyOperator, useMe, useMeQuery, type MeAnswer } from "./me"
export { ForcedPasswordPage, PasswordForm } from "./password-form"
export { signOut } from "./sign-out"
