// implementation("com.squareup.okhttp3:okhttp:4.12.0"); implementation("io.socket:socket.io-client:2.1.1")
import io.socket.client.IO
import io.socket.client.Socket
import okhttp3.HttpUrl.Companion.toHttpUrl
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.MultipartBody
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody
import okhttp3.RequestBody.Companion.asRequestBody
import okhttp3.RequestBody.Companion.toRequestBody
import org.json.JSONObject
import java.io.File

class Chat(private val desk: String, private val appKey: String, private val userId: String, onMessage: (JSONObject) -> Unit) {
    private val http = OkHttpClient()
    private val json = "application/json".toMediaType()
    private var last = 0L
    private val socket: Socket = IO.socket(desk, IO.Options.builder().setAuth(mapOf("app_key" to appKey)).build())

    init {
        socket.on(Socket.EVENT_CONNECT) {
            socket.emit("join_chat", JSONObject().put("user_id", userId).apply { if (last > 0) put("after", last) })
        }
        socket.on("new_message") { args ->
            val message = args[0] as JSONObject
            if (message.getLong("id") > last) {
                last = message.getLong("id")
                onMessage(message)
            }
        }
        socket.connect()
    }

    fun send(text: String, clientId: String): JSONObject =
        post("send_message", JSONObject().put("user_id", userId).put("message", text).put("client_id", clientId).toString().toRequestBody(json))

    fun sendPhoto(text: String, photo: File): JSONObject =
        post("send_message", MultipartBody.Builder().setType(MultipartBody.FORM)
            .addFormDataPart("user_id", userId).addFormDataPart("message", text)
            .addFormDataPart("photo", photo.name, photo.asRequestBody("image/jpeg".toMediaType())).build())

    fun registerDevice(token: String, deviceId: String): JSONObject =
        post("register_device", JSONObject().put("user_id", userId).put("fcm_token", token).put("platform", "android").put("device_id", deviceId).toString().toRequestBody(json))

    fun history(userName: String): JSONObject {
        val url = desk.toHttpUrl().newBuilder().addPathSegment("message_history").addPathSegment(userId)
            .addQueryParameter("limit", "50").addQueryParameter("user_name", userName).build()
        return run(Request.Builder().url(url))
    }

    private fun post(path: String, body: RequestBody) = run(Request.Builder().url(desk.toHttpUrl().newBuilder().addPathSegment(path).build()).post(body))

    private fun run(request: Request.Builder): JSONObject =
        http.newCall(request.header("X-App-Key", appKey).build()).execute().use { response ->
            val answer = JSONObject(response.body!!.string())
            if (!response.isSuccessful) throw Exception(answer.optString("error"))
            answer
        }
}
