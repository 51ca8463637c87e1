// dependencies: http: ^1.2.0, socket_io_client: ^3.0.0
import 'dart:convert';
import 'package:http/http.dart' as http;
import 'package:socket_io_client/socket_io_client.dart' as io;

class Chat {
  Chat(this.desk, this.appKey, this.userId, this.onMessage) {
    socket = io.io(desk.toString(), io.OptionBuilder().setTransports(['websocket']).setAuth({'app_key': appKey}).build());
    socket.onConnect((_) => socket.emit('join_chat', {'user_id': userId, if (_last > 0) 'after': _last}));
    socket.on('new_message', (data) {
      final message = Map<String, dynamic>.from(data as Map);
      if ((message['id'] as int) <= _last) return;
      _last = message['id'] as int;
      onMessage(message);
    });
  }

  final Uri desk;
  final String appKey, userId;
  final void Function(Map<String, dynamic>) onMessage;
  late final io.Socket socket;
  int _last = 0;

  Future<List<dynamic>> history(String userName) async {
    final uri = desk.replace(pathSegments: ['message_history', userId], queryParameters: {'limit': '50', 'user_name': userName});
    return _read(await http.get(uri, headers: {'X-App-Key': appKey}))['messages'] as List<dynamic>;
  }

  Future<int> send(String text, String clientId) async =>
      (await _post('send_message', {'user_id': userId, 'message': text, 'client_id': clientId}))['message_id'] as int;

  Future<int> sendPhoto(String text, String path) async {
    final request = http.MultipartRequest('POST', desk.resolve('/send_message'))
      ..headers['X-App-Key'] = appKey
      ..fields.addAll({'user_id': userId, 'message': text})
      ..files.add(await http.MultipartFile.fromPath('photo', path));
    return _read(await http.Response.fromStream(await request.send()))['message_id'] as int;
  }

  Future<void> registerDevice(String token, String deviceId) =>
      _post('register_device', {'user_id': userId, 'fcm_token': token, 'platform': 'android', 'device_id': deviceId});

  void read() => socket.emit('read', {'user_id': userId, 'message_id': _last});

  Future<Map<String, dynamic>> _post(String path, Map<String, String> body) async => _read(await http.post(desk.resolve('/$path'),
      headers: {'X-App-Key': appKey, 'Content-Type': 'application/json'}, body: jsonEncode(body)));

  Map<String, dynamic> _read(http.Response response) {
    final answer = jsonDecode(utf8.decode(response.bodyBytes)) as Map<String, dynamic>;
    if (response.statusCode != 200) throw Exception(answer['error']);
    return answer;
  }
}
