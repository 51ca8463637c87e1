export { LoginPage } from "./login-page"
export { getMe, meKey, setMyOperator, useMe, useMeQuery } from "./me"
export { ForcedPasswordPage, PasswordForm } from "./password-form"
export { signOut } from "./sign-out"
